"""Publications that cards cite, each written once."""

from steadygan.heuristics.card import Citation

GAN = Citation(
    key="goodfellow2014gan",
    authors="Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville, Bengio",
    title="Generative Adversarial Networks",
    year=2014,
    arxiv="1406.2661",
)
DCGAN = Citation(
    key="radford2015dcgan",
    authors="Radford, Metz, Chintala",
    title="Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
    year=2015,
    arxiv="1511.06434",
)
SALIMANS = Citation(
    key="salimans2016improved",
    authors="Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen",
    title="Improved Techniques for Training GANs",
    year=2016,
    arxiv="1606.03498",
)
TUTORIAL = Citation(
    key="goodfellow2016tutorial",
    authors="Goodfellow",
    title="NIPS 2016 Tutorial: Generative Adversarial Networks",
    year=2016,
    arxiv="1701.00160",
)
GANHACKS = Citation(
    key="chintala2016ganhacks",
    authors="Chintala, Denton, Arjovsky, Mathieu",
    title="How to Train a GAN? Tips and tricks to make GANs work",
    year=2016,
    url="https://github.com/soumith/ganhacks",
)
CHOLLET = Citation(
    key="chollet2017deep",
    authors="Chollet",
    title="Deep Learning with Python",
    year=2017,
    url="https://www.manning.com/books/deep-learning-with-python",
)
CHECKERBOARD = Citation(
    key="odena2016deconvolution",
    authors="Odena, Dumoulin, Olah",
    title="Deconvolution and Checkerboard Artifacts",
    year=2016,
    url="https://distill.pub/2016/deconv-checkerboard/",
)
BLURPOOL = Citation(
    key="zhang2019blurpool",
    authors="Zhang",
    title="Making Convolutional Networks Shift-Invariant Again",
    year=2019,
    arxiv="1904.11486",
)
SUBPIXEL = Citation(
    key="shi2016subpixel",
    authors="Shi, Caballero, Huszár, Totz, Aitken, Bishop, Rueckert, Wang",
    title=(
        "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network"
    ),
    year=2016,
    arxiv="1609.05158",
)
ICNR = Citation(
    key="aitken2017icnr",
    authors="Aitken, Ledig, Theis, Caballero, Wang, Shi",
    title=(
        "Checkerboard Artifact Free Sub-Pixel Convolution: A Note on Sub-Pixel Convolution, Resize Convolution and "
        "Convolution Resize"
    ),
    year=2017,
    arxiv="1707.02937",
)
PIX2PIX = Citation(
    key="isola2016pix2pix",
    authors="Isola, Zhu, Zhou, Efros",
    title="Image-to-Image Translation with Conditional Adversarial Networks",
    year=2016,
    arxiv="1611.07004",
)
SAMPLING = Citation(
    key="white2016sampling",
    authors="White",
    title="Sampling Generative Networks",
    year=2016,
    arxiv="1609.04468",
)
INSTANCE_NOISE = Citation(
    key="sonderby2016amortised",
    authors="Sønderby, Caballero, Theis, Shi, Huszár",
    title="Amortised MAP Inference for Image Super-resolution",
    year=2016,
    arxiv="1610.04490",
)
TOWARDS = Citation(
    key="arjovsky2017towards",
    authors="Arjovsky, Bottou",
    title="Towards Principled Methods for Training Generative Adversarial Networks",
    year=2017,
    arxiv="1701.04862",
)
DIFF_AUGMENT = Citation(
    key="zhao2020diffaugment",
    authors="Zhao, Liu, Lin, Zhu, Han",
    title="Differentiable Augmentation for Data-Efficient GAN Training",
    year=2020,
    arxiv="2006.10738",
)
ADA = Citation(
    key="karras2020ada",
    authors="Karras, Aittala, Hellsten, Laine, Lehtinen, Aila",
    title="Training Generative Adversarial Networks with Limited Data",
    year=2020,
    arxiv="2006.06676",
)
GEOMETRIC = Citation(
    key="lim2017geometric",
    authors="Lim, Ye",
    title="Geometric GAN",
    year=2017,
    arxiv="1705.02894",
)
RELATIVISTIC = Citation(
    key="jolicoeur2018relativistic",
    authors="Jolicoeur-Martineau",
    title="The relativistic discriminator: a key element missing from standard GAN",
    year=2018,
    arxiv="1807.00734",
)
R3GAN = Citation(
    key="huang2025r3gan",
    authors="Huang, Gokaslan, Kuleshov, Tompkin",
    title="The GAN is dead; long live the GAN! A Modern GAN Baseline",
    year=2025,
    arxiv="2501.05441",
)
CONVERGE = Citation(
    key="mescheder2018converge",
    authors="Mescheder, Geiger, Nowozin",
    title="Which Training Methods for GANs do actually Converge?",
    year=2018,
    arxiv="1801.04406",
)
STYLEGAN2 = Citation(
    key="karras2019stylegan2",
    authors="Karras, Laine, Aittala, Hellsten, Lehtinen, Aila",
    title="Analyzing and Improving the Image Quality of StyleGAN",
    year=2019,
    arxiv="1912.04958",
)
AVERAGING = Citation(
    key="yazici2018averaging",
    authors="Yazıcı, Foo, Winkler, Yap, Piliouras, Chandrasekhar",
    title="The Unusual Effectiveness of Averaging in GAN Training",
    year=2018,
    arxiv="1806.04498",
)
ADAM = Citation(
    key="kingma2014adam",
    authors="Kingma, Ba",
    title="Adam: A Method for Stochastic Optimization",
    year=2014,
    arxiv="1412.6980",
)
BATCH_NORM = Citation(
    key="ioffe2015batchnorm",
    authors="Ioffe, Szegedy",
    title="Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
    year=2015,
    arxiv="1502.03167",
)
BIGGAN = Citation(
    key="brock2018biggan",
    authors="Brock, Donahue, Simonyan",
    title="Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    year=2018,
    arxiv="1809.11096",
)
SAGAN = Citation(
    key="zhang2018selfattention",
    authors="Zhang, Goodfellow, Metaxas, Odena",
    title="Self-Attention Generative Adversarial Networks",
    year=2018,
    arxiv="1805.08318",
)
SPECTRAL = Citation(
    key="miyato2018spectral",
    authors="Miyato, Kataoka, Koyama, Yoshida",
    title="Spectral Normalization for Generative Adversarial Networks",
    year=2018,
    arxiv="1802.05957",
)
PROGRESSIVE = Citation(
    key="karras2017progressive",
    authors="Karras, Aila, Laine, Lehtinen",
    title="Progressive Growing of GANs for Improved Quality, Stability, and Variation",
    year=2017,
    arxiv="1710.10196",
)
PACGAN = Citation(
    key="lin2017pacgan",
    authors="Lin, Khetan, Fanti, Oh",
    title="PacGAN: The power of two samples in generative adversarial networks",
    year=2017,
    arxiv="1712.04086",
)
PROJECTION = Citation(
    key="miyato2018projection",
    authors="Miyato, Koyama",
    title="cGANs with Projection Discriminator",
    year=2018,
    arxiv="1802.05637",
)
STYLE = Citation(
    key="dumoulin2016style",
    authors="Dumoulin, Shlens, Kudlur",
    title="A Learned Representation For Artistic Style",
    year=2016,
    arxiv="1610.07629",
)
AC_GAN = Citation(
    key="odena2016acgan",
    authors="Odena, Olah, Shlens",
    title="Conditional Image Synthesis With Auxiliary Classifier GANs",
    year=2016,
    arxiv="1610.09585",
)
CONDITIONAL = Citation(
    key="mirza2014conditional",
    authors="Mirza, Osindero",
    title="Conditional Generative Adversarial Nets",
    year=2014,
    arxiv="1411.1784",
)
SEMI_SUPERVISED = Citation(
    key="odena2016semisupervised",
    authors="Odena",
    title="Semi-Supervised Learning with Generative Adversarial Networks",
    year=2016,
    arxiv="1606.01583",
)
INSTANCE_NORM = Citation(
    key="ulyanov2016instancenorm",
    authors="Ulyanov, Vedaldi, Lempitsky",
    title="Instance Normalization: The Missing Ingredient for Fast Stylization",
    year=2016,
    arxiv="1607.08022",
)
ENERGY = Citation(
    key="zhao2016energy",
    authors="Zhao, Mathieu, LeCun",
    title="Energy-based Generative Adversarial Network",
    year=2016,
    arxiv="1609.03126",
)
SIMULATED = Citation(
    key="shrivastava2016simulated",
    authors="Shrivastava, Pfister, Tuzel, Susskind, Wang, Webb",
    title="Learning from Simulated and Unsupervised Images through Adversarial Training",
    year=2016,
    arxiv="1612.07828",
)
VAE_GAN = Citation(
    key="larsen2015vaegan",
    authors="Larsen, Sønderby, Larochelle, Winther",
    title="Autoencoding beyond pixels using a learned similarity metric",
    year=2015,
    arxiv="1512.09300",
)
ACTOR_CRITIC = Citation(
    key="pfau2016actorcritic",
    authors="Pfau, Vinyals",
    title="Connecting Generative Adversarial Networks and Actor-Critic Methods",
    year=2016,
    arxiv="1610.01945",
)
LSGAN = Citation(
    key="mao2016lsgan",
    authors="Mao, Li, Xie, Lau, Wang, Smolley",
    title="Least Squares Generative Adversarial Networks",
    year=2016,
    arxiv="1611.04076",
)
WGAN = Citation(
    key="arjovsky2017wgan",
    authors="Arjovsky, Chintala, Bottou",
    title="Wasserstein GAN",
    year=2017,
    arxiv="1701.07875",
)
WGAN_GP = Citation(
    key="gulrajani2017wgangp",
    authors="Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville",
    title="Improved Training of Wasserstein GANs",
    year=2017,
    arxiv="1704.00028",
)
DRAGAN = Citation(
    key="kodali2017dragan",
    authors="Kodali, Abernethy, Hays, Kira",
    title="On Convergence and Stability of GANs",
    year=2017,
    arxiv="1705.07215",
)
TOP_K = Citation(
    key="sinha2020topk",
    authors="Sinha, Zhao, Goyal, Raffel, Odena",
    title="Top-k Training of GANs: Improving GAN Performance by Throwing Away Bad Samples",
    year=2020,
    arxiv="2002.06224",
)
LECAM = Citation(
    key="tseng2021lecam",
    authors="Tseng, Jiang, Liu, Yang, Yang",
    title="Regularizing Generative Adversarial Networks under Limited Data",
    year=2021,
    arxiv="2104.03310",
)
CONSISTENCY = Citation(
    key="zhang2019consistency",
    authors="Zhang, Zhang, Odena, Lee",
    title="Consistency Regularization for Generative Adversarial Networks",
    year=2019,
    arxiv="1910.12027",
)
IMPROVED_CONSISTENCY = Citation(
    key="zhao2020consistency",
    authors="Zhao, Singh, Lee, Zhang, Odena, Zhang",
    title="Improved Consistency Regularization for GANs",
    year=2020,
    arxiv="2002.04724",
)
MODE_SEEKING = Citation(
    key="mao2019modeseeking",
    authors="Mao, Lee, Tseng, Ma, Yang",
    title="Mode Seeking Generative Adversarial Networks for Diverse Image Synthesis",
    year=2019,
    arxiv="1903.05628",
)
TWO_TIME_SCALES = Citation(
    key="heusel2017ttur",
    authors="Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter",
    title="GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium",
    year=2017,
    arxiv="1706.08500",
)
LOOKAHEAD = Citation(
    key="chavdarova2020lookahead",
    authors="Chavdarova, Pagliardini, Stich, Fleuret, Jaggi",
    title="Taming GANs with Lookahead-Minmax",
    year=2020,
    arxiv="2006.14567",
)
EXTRA_GRADIENT = Citation(
    key="gidel2018variational",
    authors="Gidel, Berard, Vignoud, Vincent, Lacoste-Julien",
    title="A Variational Inequality Perspective on Generative Adversarial Networks",
    year=2018,
    arxiv="1802.10551",
)
UNROLLED = Citation(
    key="metz2016unrolled",
    authors="Metz, Poole, Pfau, Sohl-Dickstein",
    title="Unrolled Generative Adversarial Networks",
    year=2016,
    arxiv="1611.02163",
)
INCEPTION = Citation(
    key="szegedy2015inception",
    authors="Szegedy, Vanhoucke, Ioffe, Shlens, Wojna",
    title="Rethinking the Inception Architecture for Computer Vision",
    year=2015,
    arxiv="1512.00567",
)
RECURRENT = Citation(
    key="pascanu2012recurrent",
    authors="Pascanu, Mikolov, Bengio",
    title="On the difficulty of training Recurrent Neural Networks",
    year=2012,
    arxiv="1211.5063",
)
